import type { ReloadMetrics } from "../harness/spec/run-record.ts";
import { milliseconds } from "./words.ts";

/** Buckets that a timeline holds before the signal. */
const LEAD = 10;
const WIDTH = 4;
const HEIGHT = 60;

/** Answers over time around one reload: good ones as green bars, bad ones red on top; the dashed line is the signal. */
export function renderTimeline({ index, firstNewMs, lastOldMs, settledMs, timeline }: ReloadMetrics): string {
  const { bucketMs, good, bad } = timeline;
  const buckets = Math.max(good.length, bad.length);
  if (buckets === 0) return "";
  const totals = Array.from({ length: buckets }, (_, at) => (good[at] ?? 0) + (bad[at] ?? 0));
  // No spread: a timeline may have more buckets than a call takes arguments.
  const highest = totals.reduce((most, total) => Math.max(most, total), 1);
  const bars = totals.map((total, at) => {
    const ok = good[at] ?? 0;
    return bar("good", at, 0, ok / highest) + bar("bad", at, ok / highest, (total - ok) / highest);
  });
  const title =
    `Reload ${index}: answers per ${bucketMs} ms; first new after ${milliseconds(firstNewMs)}, ` +
    `last old after ${milliseconds(lastOldMs)}, settled after ${milliseconds(settledMs)}`;
  const signal = LEAD * WIDTH;
  return `<figure><figcaption>${title}</figcaption>
<svg viewBox="0 0 ${buckets * WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title}">
<line x1="${signal}" x2="${signal}" y1="0" y2="${HEIGHT}"/>${bars.join("")}
</svg></figure>`;
}

/** `from` and `part` are fractions of the full height, counted from the ground. */
function bar(kind: "good" | "bad", at: number, from: number, part: number): string {
  if (part <= 0) return "";
  const height = part * HEIGHT;
  const y = HEIGHT - from * HEIGHT - height;
  return `<rect class="${kind}" x="${at * WIDTH}" y="${y.toFixed(2)}" width="${WIDTH - 1}" height="${height.toFixed(2)}"/>`;
}
