import { createServer } from "node:http";
import process from "node:process";
import listener from "./app.js";

/* One plain server: TERM, or INT from PM2, lets it finish what it has in hand, and its limit cuts the rest; once more changes nothing. */

const { PORT, LISTEN_FDS, DRAIN_MS = "30000" } = process.env;
/** The first descriptor that systemd hands over (sd_listen_fds(3)). */
const LISTEN_FDS_START = 3;

const server = createServer((request, response) => void listener(request, response)).listen(
  LISTEN_FDS === undefined ? { port: Number(PORT), host: "127.0.0.1" } : { fd: LISTEN_FDS_START },
);
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, stop);

function stop() {
  server.close(() => process.exit());
  setTimeout(() => {
    console.error(`not done after ${DRAIN_MS} ms: all that is open is cut`);
    process.exit(1);
  }, Number(DRAIN_MS)).unref();
}
