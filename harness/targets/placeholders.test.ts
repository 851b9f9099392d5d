import { expect, test } from "vitest";
import { fill, fillAll, PLAIN_PORT, portNames } from "./placeholders.ts";

const values = {
  ports: new Map([
    [PLAIN_PORT, 1],
    ["node-http", 2],
  ]),
  workspace: "/w",
  current: new Map([
    ["a", "/w/a"],
    ["b", "/w/b"],
  ]),
  gates: "/w/gates",
  targetDir: "/t",
  workers: 4,
  node: "/bin/node",
  env: { SET: "yes", EMPTY: "" },
};

test.each([
  ["${port} ${port.node-http}", "1 2"],
  ["${workspace}${gates}${targetDir}", "/w/w/gates/t"],
  ["${current.b}", "/w/b"],
  ["${current}", "/w/a"],
  ["${node} -w ${workers}", "/bin/node -w 4"],
  ["${env.SET:-no} ${env.EMPTY:-no} ${env.UNSET:-a-b:c} ${env.UNSET:-}", "yes  a-b:c "],
  ["$host $${HOME} $1 {port}", "$host ${HOME} $1 {port}"],
])("%s", (text, expected) => {
  expect(fill(text, values)).toBe(expected);
});

test("of a site and of a release", () => {
  expect(fill("${site} ${current}", { ...values, site: "b" })).toBe("b /w/b");
  const release = { generation: 3, folder: "/w/releases/a/3" };
  expect(fill("${generation} ${release}", { ...values, release })).toBe("3 /w/releases/a/3");
});

test.each(["${nonsense}", "${site}", "${port.other}", "${env.UNSET}", "${generation}", "${current.c}"])(
  "%s does not apply",
  (text) => {
    expect(() => fill(text, values)).toThrow(`expected a placeholder that applies here, not ${text}`);
  },
);

test("fills in what is nested, keys excepted", () => {
  expect(fillAll({ "${port}": ["${port}", 1, { a: "${workers}", b: null }] }, values)).toEqual({
    "${port}": ["1", 1, { a: "4", b: null }],
  });
});

test("ports to reserve", () => {
  expect([...portNames("${port} ${port.a} ${port.a} $${port.b} ${port.c-d}")]).toEqual(["", "a", "c-d"]);
});
