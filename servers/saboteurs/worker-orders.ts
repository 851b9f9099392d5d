/** Changes what the prefork master tells its worker, in the worker and before that reads it. */
export function workerOrders(changes: Readonly<Record<string, unknown>>): void {
  process.argv[2] = JSON.stringify({ ...(JSON.parse(process.argv[2] ?? "{}") as object), ...changes });
}
