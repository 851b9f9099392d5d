import { configDefaults, defineConfig } from "vitest/config";

// Three projects: `unit` is fast and parallel; `scenarios` and `saboteurs` boot real servers one after the other,
// because two of them at once would measure each other.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{config,harness,servers,reports,bench}/**/*.test.ts", "scenarios/catalogue.test.ts"],
          exclude: [...configDefaults.exclude, "servers/saboteurs/**"],
          testTimeout: 30_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "saboteurs",
          include: ["servers/saboteurs/**/*.test.ts"],
          fileParallelism: false,
          disableConsoleIntercept: true,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: "scenarios",
          include: ["scenarios/conformance.test.ts"],
          fileParallelism: false,
          // The progress lines are ours; vitest would put a heading over each.
          disableConsoleIntercept: true,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
