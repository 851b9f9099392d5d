import { expect, it } from "vitest";
import { parseYaml } from "../../config/positioned-yaml.ts";
import { stackSchema } from "./schema.ts";

it("leaves the stack's log limits in force where a program only says how to compress", () => {
  const text = "logging: {maxBytes: 2MiB, backups: 32}\nprograms: {a: {command: [true], logging: {compress: gzip}}}\n";
  const stack = parseYaml(text.replace("[true]", '["true"]'), "stack.yaml", stackSchema);
  expect(stack.programs["a"]?.logging).toEqual({ compress: "gzip" });
  expect(stack.logging).toMatchObject({ maxBytes: 2 * 1024 ** 2, backups: 32, compress: "none" });
});
