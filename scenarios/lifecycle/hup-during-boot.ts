import type { Scenario } from "../../harness/spec/scenario.ts";

/** Milliseconds after the main process can be named, when the first signal may come. */
const MOMENTS_MS = [0, 60, 200];
const THOROUGH_MOMENTS_MS = [0, 10, 20, 30, 40, 60, 80, 100, 130, 160, 200, 250, 300, 350, 400, 450, 500];

/** Instances that boot side by side: nothing is measured, and a slower boot is all the better to hit. */
const AT_A_TIME = 3;

/**
 * Other instances of the target, each asked to reload at another moment of its boot. Where one of them does not come up, as many
 * are booted side by side that nobody asks anything.
 */
export const hupDuringBoot: Scenario = {
  id: "lifecycle/hup-during-boot",
  title: "A reload asked for while the server boots",
  decides: ["lifecycle/hup-during-boot"],
  roles: ["app-server", "stack"],
  actions: ["reload"],
  capabilities: ["contract"],
  workers: 2,
  sites: "one",
  async drive(stage) {
    await stage.request({ name: "this-one", door: "front" });
    const moments = stage.thorough ? THOROUGH_MOMENTS_MS : MOMENTS_MS;
    for (let done = 0; done < moments.length; done += AT_A_TIME) {
      const next = moments.slice(done, done + AT_A_TIME);
      const asked = next.map((askAfterMs) => stage.bootAnother({ name: "asked-while-booting", askAfterMs }));
      const areSound = await Promise.all(asked);
      if (areSound.includes(false)) await Promise.all(next.map(() => stage.bootAnother({ name: "left-alone" })));
    }
  },
};
