import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ConfigFileError, parseYaml, readYamlFile } from "./positioned-yaml.ts";

const schema = z.strictObject({
  name: z.string(),
  action: z
    .union([z.strictObject({ signal: z.string() }), z.strictObject({ command: z.array(z.string()) })])
    .optional(),
  nested: z.strictObject({ port: z.number() }).optional(),
});

function problemsOf(text: string) {
  try {
    parseYaml(text, "a.yaml", schema);
  } catch (error) {
    if (error instanceof ConfigFileError) return error.problems;
    throw error;
  }
  return [];
}

describe("positioned YAML", () => {
  it("returns what the schema accepts", () => {
    expect(parseYaml("name: x\nnested: {port: 1}\n", "a.yaml", schema)).toEqual({ name: "x", nested: { port: 1 } });
  });

  it("points at an unknown key", () => {
    expect(problemsOf("name: x\nnested:\n  port: 1\n  prot: 2\n")).toEqual([
      { file: "a.yaml", line: 4, column: 3, key: "nested.prot", message: 'unknown key "prot"' },
    ]);
  });

  it("points at a value of the wrong type and says what was expected", () => {
    const [problem] = problemsOf("name: x\nnested:\n  port: high\n");
    expect(problem).toMatchObject({ line: 3, column: 3, key: "nested.port" });
    expect(problem?.message).toContain("expected number");
  });

  it("points at the parent of a missing key", () => {
    expect(problemsOf("nested: {port: 1}\n")[0]).toMatchObject({ line: 1, key: "name" });
  });

  it("reports the closest branch of a union", () => {
    expect(problemsOf("name: x\naction: {command: [1]}\n")[0]).toMatchObject({ line: 2, key: "action.command.0" });
  });

  it("points at broken YAML", () => {
    expect(problemsOf("name: [x\n")[0]?.line).toBeGreaterThanOrEqual(1);
  });

  it("names a file that cannot be read", async () => {
    await expect(readYamlFile("/nonexistent/x.yaml", schema)).rejects.toThrow(/x\.yaml:1:1: expected a readable file/);
  });
});
