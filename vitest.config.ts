import { configDefaults, defineConfig } from "vitest/config";

// Four projects: `unit` is fast and parallel; `contract`, `scenarios` and `saboteurs` boot real servers one after the other,
// because two of them at once would measure each other.
const CONTRACT = ["harness/contract/check-contract.test.ts", "servers/peers/contract.test.ts"];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{config,harness,servers,reports,bench}/**/*.test.ts", "scenarios/{catalogue,*/*}.test.ts"],
          exclude: [...configDefaults.exclude, "servers/saboteurs/**", ...CONTRACT],
          testTimeout: 30_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "contract",
          include: CONTRACT,
          fileParallelism: false,
          testTimeout: 120_000,
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
