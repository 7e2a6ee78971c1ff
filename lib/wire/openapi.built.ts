/** The description of the interface as text; made when a component is built, never while it runs. */
export const openapiText = JSON.stringify({
  openapi: "3.1.0",
  info: { title: "Ledge", version: "0.1.0" },
  paths: {},
});
