import { writeFile } from "node:fs/promises";
import path from "node:path";
import { REQUIREMENTS } from "../harness/spec/catalogue.ts";
import { CATALOGUE_CHANGES } from "../harness/spec/catalogue-changes.ts";
import { GROUPS } from "../harness/spec/groups.ts";
import { renderSpecification } from "../reports/specification.ts";
import { scenarios } from "./index.ts";

/* Renews SPEC.md: node scenarios/write-specification.ts */
const parts = { groups: GROUPS, requirements: REQUIREMENTS, scenarios, changes: CATALOGUE_CHANGES };
await writeFile(path.join(import.meta.dirname, "..", "SPEC.md"), renderSpecification(parts));
