const CLOSE = 8;

/** The status of the close frame in what a server sent on a connection (Latin-1, answer to the handshake included). */
export function closeCodeIn(text: string): number | undefined {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd === -1 || !text.startsWith("HTTP/1.1 101")) return undefined;
  const byte = (at: number): number => text.charCodeAt(at);
  // RFC 6455, section 5.2; what a server sends is not masked.
  for (let at = headEnd + 4; at + 2 <= text.length;) {
    const short = byte(at + 1) & 0x7f;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    let length = lengthBytes === 0 ? short : 0;
    for (let index = 0; index < lengthBytes; index++) length = length * 256 + byte(at + 2 + index);
    const from = at + 2 + lengthBytes;
    if ((byte(at) & 0x0f) === CLOSE && length >= 2 && from + 2 <= text.length) return byte(from) * 256 + byte(from + 1);
    at = from + length;
  }
  return undefined;
}
