/** The OpenAPI description as JSON text; evaluated when the component is built, never while it runs. */
export const openApiJson = JSON.stringify({
  openapi: "3.1.0",
  info: { title: "Ledge", version: "0.1.0" },
  paths: {},
});
