import { writeFile } from "node:fs/promises";
import path from "node:path";
import { reportJsonSchema } from "./report.ts";

/* Renews the committed JSON Schema: node reports/schema/write.ts && npx oxfmt reports/schema */
const file = path.join(import.meta.dirname, "report.schema.json");
await writeFile(file, `${JSON.stringify(reportJsonSchema(), null, 2)}\n`);
