import { renameSync } from "node:fs";
import { workerData } from "node:worker_threads";

/* Exchanges a folder for a link to another one and back, as fast as the system can, until the worker is ended. */

const { door, room, link } = workerData as { door: string; room: string; link: string };
for (;;) {
  renameSync(door, room);
  renameSync(link, door);
  renameSync(door, link);
  renameSync(room, door);
}
