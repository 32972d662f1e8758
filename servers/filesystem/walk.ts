import { mkdir, readlink } from "node:fs/promises";
import type { Boundary } from "./boundary.ts";
import { codeOf, placeError } from "./fileErrors.ts";
import { partsOf } from "./pathParts.ts";
import type { PathParts } from "./pathParts.ts";
import { Place } from "./place.ts";
import type { Shield } from "./shield.ts";

/** As many as Linux follows in one path. */
const mostLinks = 40;

export interface WalkRules {
  readonly boundary: Boundary;
  readonly shield: Shield;
  /** Whether links inside an allowed folder are followed; where they lead is judged like any other place. */
  readonly followSymlinks: boolean;
}

/** The end of a walk. */
export interface Arrival {
  /** The folder that the place is in. */
  readonly folder: Place;
  readonly name: string;
  /** Undefined if the folder has nothing of that name. */
  readonly place: Place | undefined;
  /** Whether the folder itself is inside an allowed one, so that names in it may be made or taken away. */
  readonly mayChange: boolean;
}

export interface WalkOptions {
  readonly signal: AbortSignal;
  /** As the caller wrote it, for messages. */
  readonly path: string;
  /** Makes the folders on the way that are missing, and the last one. */
  readonly create?: boolean;
}

/**
 * Goes from the root to a place, one name at a time: each name is judged before it is touched, opened in the handle
 * of the folder around it, and never followed by the system. So nothing that is renamed or replaced meanwhile leads
 * anywhere else: a check of the whole path before its use loses that race (reference/security.md §1).
 *
 * @returns what `work` makes of the arrival; all handles are closed then
 * @throws ToolError
 */
export async function walk<T>(
  rules: WalkRules,
  parts: PathParts,
  options: WalkOptions,
  work: (arrival: Arrival) => Promise<T>,
): Promise<T> {
  const way = new Way(rules, options);
  try {
    return await work(await way.go(parts));
  } finally {
    await way.close();
  }
}

class Way {
  readonly #rules: WalkRules;
  readonly #options: WalkOptions;
  /** Open folders from the root down. */
  readonly #folders: Place[] = [];
  #last: Place | undefined;
  #links = 0;

  constructor(rules: WalkRules, options: WalkOptions) {
    this.#rules = rules;
    this.#options = options;
  }

  async go(parts: PathParts): Promise<Arrival> {
    if (this.#judge(parts) === "above") throw this.#outside();
    this.#folders.push(await Place.root());
    const queue = [...parts];
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      this.#options.signal.throwIfAborted();
      if (name === "..") {
        await this.#up();
        continue;
      }
      const here = this.#folders.at(-1)!;
      const standing = this.#judge([...here.parts, name]);
      const place = await this.#open(here, name, queue.length === 0);
      if (place === undefined) return this.#arrive(here, name, undefined);
      if (place.stats.isSymbolicLink()) {
        await place.close();
        if (standing !== "inside") throw this.#refusal("symlink", "is reached through a symbolic link");
        queue.unshift(...(await this.#follow(here, name)));
        continue;
      }
      const isFolder = place.stats.isDirectory();
      if (isFolder) this.#folders.push(place);
      else this.#last = place;
      if (standing === "inside") await this.#checkShield(place, here);
      if (isFolder) continue;
      if (queue.length > 0) throw this.#refusal("ENOTDIR", "leads through something that is no directory");
      return this.#arrive(here, name, place);
    }
    return this.#atFolder();
  }

  async close(): Promise<void> {
    const open = this.#last ? [...this.#folders, this.#last] : this.#folders;
    await Promise.all(open.map((place) => place.close()));
  }

  /** The walk ended in a folder. */
  #atFolder(): Arrival {
    const place = this.#folders.at(-1)!;
    const around = this.#folders.at(-2);
    if (!around || this.#rules.boundary.standing(place.parts) !== "inside") throw this.#outside();
    return this.#arrive(around, place.name, place);
  }

  #arrive(folder: Place, name: string, place: Place | undefined): Arrival {
    if (this.#rules.boundary.standing([...folder.parts, name]) !== "inside") throw this.#outside();
    return { folder, name, place, mayChange: this.#rules.boundary.standing(folder.parts) === "inside" };
  }

  async #open(here: Place, name: string, last: boolean): Promise<Place | undefined> {
    try {
      return await here.open(name);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
    if (this.#options.create === true && this.#rules.boundary.standing(here.parts) === "inside") {
      try {
        await mkdir(here.child(name));
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
      }
      return here.open(name);
    }
    if (last) return undefined;
    throw this.#refusal("ENOENT", "does not exist");
  }

  /** Names of the link's target; the walk goes on with them from the folder of the link, or from the root. */
  async #follow(here: Place, name: string): Promise<PathParts> {
    if (!this.#rules.followSymlinks)
      throw this.#refusal("symlink", "leads through a symbolic link, and these are not followed here");
    if ((this.#links += 1) > mostLinks)
      throw this.#refusal("symlink", "leads through too many symbolic links");
    const target = await readlink(here.child(name)).catch((error: unknown) => {
      throw codeOf(error) === "EINVAL" ? this.#refusal("ELOOP", "was changed meanwhile; try again") : error;
    });
    if (target.startsWith("/")) while (this.#folders.length > 1) await this.#up();
    return partsOf(target).filter((part) => part !== ".");
  }

  async #up(): Promise<void> {
    if (this.#folders.length > 1) await this.#folders.pop()!.close();
  }

  async #checkShield(place: Place, around: Place): Promise<void> {
    const entered =
      place.stats.dev !== around.stats.dev || this.#rules.boundary.standing(around.parts) !== "inside";
    if (await this.#rules.shield.covers(place.self, place.stats, entered)) throw this.#outside();
  }

  #judge(parts: PathParts): "inside" | "above" {
    const standing = this.#rules.boundary.standing(parts);
    if (standing === "outside") throw this.#outside();
    if (standing === "hidden")
      throw this.#refusal("hidden", "has a name that begins with a dot, and these are not seen here");
    return standing;
  }

  #outside(): Error {
    return this.#refusal(
      "outside",
      "is outside the allowed directories; list_allowed_directories names them",
    );
  }

  #refusal(code: string, problem: string): Error {
    return placeError(code, this.#options.path, problem);
  }
}
