/* What the server and the worker of a sink say to each other. */

/** To the worker: lines to deliver, or the end. */
export type ToWorker = { readonly lines: readonly string[] } | { readonly end: true };

/** From the worker. `done` lines need no more care, `lost` of them were refused for good. */
export type FromWorker =
  | { readonly done: number; readonly lost: number }
  /** Code of what keeps lines from being delivered; they are tried again. */
  | { readonly problem: string };
