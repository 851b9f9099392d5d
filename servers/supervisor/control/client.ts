import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";

/** The supervisor could not be asked, or said no; the message is one line for the operator. */
export class ControlError extends Error {
  override readonly name = "ControlError";
}

/** Asks the supervisor behind the unix socket `socketPath`; resolves to the answer, its body unread. */
export async function ask(
  socketPath: string,
  method: "GET" | "POST",
  path: string,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  const request = http.request({ socketPath, method, path, agent: false, ...(signal && { signal }) });
  request.end();
  let response: IncomingMessage;
  try {
    [response] = (await once(request, "response")) as [IncomingMessage];
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const gone = code === "ENOENT" || code === "ECONNREFUSED";
    throw new ControlError(gone ? `no supervisor answers at ${socketPath}` : `can't ask ${socketPath}: ${code}`, {
      cause,
    });
  }
  if (response.statusCode === 200) return response;
  const { error } = (await readJson(response)) as { error?: string };
  throw new ControlError(error ?? `the supervisor answered ${response.statusCode}`);
}

export async function askJson<T>(socketPath: string, method: "GET" | "POST", path: string): Promise<T> {
  return (await readJson(await ask(socketPath, method, path))) as T;
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += String(chunk);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ControlError(`the answer is no JSON: ${text.slice(0, 200)}`, { cause });
  }
}
