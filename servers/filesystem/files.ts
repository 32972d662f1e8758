import type { FilesystemFile } from "#model/files/schema/filesystem.ts";
import { boundaryOf } from "./boundary.ts";
import type { Boundary } from "./boundary.ts";
import { ByteBudget } from "./byteBudget.ts";
import { toToolError } from "./fileErrors.ts";
import { partsOf, readPath } from "./pathParts.ts";
import type { PathParts } from "./pathParts.ts";
import type { Shield } from "./shield.ts";
import { Turns } from "./turns.ts";
import { walk } from "./walk.ts";
import type { Arrival, WalkRules } from "./walk.ts";

export type FilesystemConfig = FilesystemFile["filesystem"];

/** Files of the largest size that calls hold at once. Each is there several times until its answer is sent. */
const largestAtOnce = 2;

export interface AtOptions {
  readonly create?: boolean;
}

/** The files that the tools reach, as one version of `filesystem.json` allows. */
export class Files {
  readonly config: FilesystemConfig;
  readonly rules: WalkRules;
  /** Changes of one name come one after the other. */
  readonly turns: Turns;
  /** Of file contents that are read. */
  readonly budget: ByteBudget;
  readonly #root: PathParts;

  /** @param boundary default as configured */
  constructor(config: FilesystemConfig, shield: Shield, turns = new Turns(), boundary?: Boundary) {
    const { allowedPaths, includeHidden, followSymlinks, root } = config;
    this.config = config;
    this.rules = {
      boundary: boundary ?? boundaryOf(allowedPaths.map(partsOf), includeHidden),
      shield,
      followSymlinks,
    };
    this.turns = turns;
    this.budget = new ByteBudget(largestAtOnce * config.maxFileSize);
    this.#root = partsOf(root);
  }

  /** Where a caller's path leads by its text, before any link. */
  partsOf(path: string): PathParts {
    return readPath(path, this.#root);
  }

  /**
   * Goes to the place that a caller's path names and does the work there, with open handles.
   *
   * @throws ToolError
   */
  async at<T>(
    path: string,
    signal: AbortSignal,
    work: (arrival: Arrival) => Promise<T>,
    { create = false }: AtOptions = {},
  ): Promise<T> {
    try {
      return await walk(this.rules, this.partsOf(path), { signal, path, create }, work);
    } catch (error) {
      throw toToolError(error, path);
    }
  }
}
