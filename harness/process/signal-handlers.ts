import { readProcFile } from "./proc-files.ts";

/** Whether a process catches any signal: the runtime of its program is up, whatever the program itself has done so far. */
export function catchesSignals(pid: number): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readProcFile(`/proc/${pid}/status`) ?? "")?.[1];
  return mask !== undefined && /[^0]/.test(mask);
}
