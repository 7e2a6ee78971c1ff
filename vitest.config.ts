import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { loadMigrations } from "./build/migrations.ts";

export default defineConfig({
  plugins: [
    {
      name: "ledge-migrations",
      resolveId: (id) => (id === "ledge:migrations" ? "\0ledge:migrations" : undefined),
      load: (id) =>
        id === "\0ledge:migrations"
          ? `export default ${JSON.stringify(loadMigrations(fileURLToPath(new URL("migrations", import.meta.url))))};`
          : undefined,
    },
  ],
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    pool: "forks",
    maxWorkers: 2,
    fileParallelism: true,
  },
});
