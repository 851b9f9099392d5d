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
      {
        file: "a.yaml",
        line: 4,
        column: 3,
        key: "nested.prot",
        message: 'unknown key "prot" (did you mean port?), expected one of port',
      },
    ]);
  });

  it("says what was expected inside lists, records and defaults, and nothing where shapes differ", () => {
    const inner = z.strictObject({ host: z.string(), port: z.number().default(1) });
    const deep = z.strictObject({ list: z.array(inner).default([]), named: z.record(z.string(), inner).optional() });
    const messageOf = (text: string) => {
      try {
        return parseYaml(text, "a.yaml", deep) && "";
      } catch (error) {
        return error instanceof ConfigFileError ? error.message : String(error);
      }
    };
    expect(messageOf("list: [{host: a, hots: b}]")).toBe(
      'a.yaml:1:18: list.0.hots: unknown key "hots" (did you mean host?), expected one of host, port',
    );
    expect(messageOf("named: {a: {host: a, hots: b}}")).toContain(
      'named.a.hots: unknown key "hots" (did you mean host?), expected one of host',
    );
    expect(messageOf("lits: []")).toContain("expected one of list, named");
    expect(problemsOf("name: x\naction: {command: [a], singal: HUP}\n")[0]).toMatchObject({
      key: "action.singal",
      message: 'unknown key "singal"',
    });
  });

  it("points at a value of the wrong type and says what was expected", () => {
    const [problem] = problemsOf("name: x\nnested:\n  port: high\n");
    expect(problem).toMatchObject({ line: 3, column: 3, key: "nested.port" });
    expect(problem?.message).toContain('expected a number, found "high"');
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
