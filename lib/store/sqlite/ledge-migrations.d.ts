/** The migrations folder, put in by the build (build/plugins.ts) and by vitest.config.ts. */
declare module "ledge:migrations" {
  const migrations: readonly import("./migrate.ts").Migration[];
  export default migrations;
}
