import { access } from "node:fs/promises";
import path from "node:path";

const SCHEMA = path.join("harness", "targets", "schema", "target.schema.json");

/**
 * The path by which an editor finds the JSON Schema from a target file: through `node_modules/hupspec` where the file's project has
 * the package, so that the line is right on every machine; else straight to the package that runs.
 */
export async function schemaReference(targetFile: string, packageRoot: string): Promise<string> {
  const folder = path.dirname(targetFile);
  let found = path.join(packageRoot, SCHEMA);
  for (let parent = folder; ; parent = path.dirname(parent)) {
    const installed = path.join(parent, "node_modules", "hupspec", SCHEMA);
    const isThere = await access(installed).then(
      () => true,
      () => false,
    );
    if (isThere) found = installed;
    if (isThere || parent === path.dirname(parent)) break;
  }
  const relative = path.relative(folder, found);
  return relative.startsWith("..") ? relative : `./${relative}`;
}
