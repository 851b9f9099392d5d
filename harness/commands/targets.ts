import { ConfigFileError } from "../../config/positioned-yaml.ts";
import { listCatalogue } from "../targets/catalogue.ts";
import { UsageError, type CommandIo } from "./io.ts";

/** Lists the targets that come with the package, and what each lacks on this machine. */
export async function targets(options: { readonly packageRoot: string }, io: CommandIo): Promise<number> {
  const listings = await list(options.packageRoot, io);
  const rows = listings.map(({ name, definition, unavailable }) => [
    name,
    definition.settings.role,
    unavailable === "" ? "installed" : `unavailable: ${unavailable}`,
  ]);
  const header = ["target", "role", "state"];
  const widths = header.map((title, column) =>
    Math.max(...[header, ...rows].map((row) => (row[column] ?? "").length), title.length),
  );
  for (const row of [header, ...rows]) {
    io.stdout.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()}\n`,
    );
  }
  return 0;
}

async function list(packageRoot: string, io: CommandIo): ReturnType<typeof listCatalogue> {
  try {
    return await listCatalogue(packageRoot, io.env);
  } catch (cause) {
    if (cause instanceof ConfigFileError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}
