import { entry } from "../entry.ts";

/* Lines that a full buffer has no room for are dropped, and nobody is told. */
if (entry === "prefork-master") {
  const from = Reflect.get(Buffer, "from") as (...given: readonly unknown[]) => Buffer;
  const quiet = (...given: readonly unknown[]): unknown => {
    const [first] = given;
    if (typeof first === "string" && first.includes('"event":"dropped"')) return Buffer.alloc(0);
    return Reflect.apply(from, Buffer, given);
  };
  Object.assign(Buffer, { from: quiet });
}
