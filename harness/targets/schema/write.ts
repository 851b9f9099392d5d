import { writeFile } from "node:fs/promises";
import path from "node:path";
import { targetJsonSchema } from "../schema.ts";

/* Renews the committed JSON Schema: node harness/targets/schema/write.ts */
const file = path.join(import.meta.dirname, "target.schema.json");
await writeFile(file, `${JSON.stringify(targetJsonSchema(), null, 2)}\n`);
