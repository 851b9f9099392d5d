#!/usr/bin/env node
// Plain JavaScript, and old JavaScript at that: an outdated Node has to get as far as the line that says so.
import process from "node:process";

const [major, minor] = process.versions.node.split(".").map(Number);
const supported = major >= 26 || (major === 24 && minor >= 12);

if (supported) {
  // Seen from this file's real path, so that the link in node_modules/.bin leads here as well.
  import("./cli.ts").catch((error) => {
    process.stderr.write(`hupspec: ${(error && error.stack) || error}\n`);
    process.exitCode = 4;
  });
} else {
  process.stderr.write(
    `hupspec: expected Node ^24.12 || >=26, this is ${process.versions.node}; ` +
      "`npx hupspec` inside the project uses the pinned one\n",
  );
  process.exitCode = 2;
}
