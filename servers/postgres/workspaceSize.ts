import { workspaceSchemaName } from "#model/names.ts";

/** SQL of the bytes on disk of all tables of the workspace, with what transactions under way have added. */
export const workspaceSize = `SELECT coalesce(pg_catalog.sum(pg_catalog.pg_total_relation_size(oid)), 0) FROM pg_catalog.pg_class
  WHERE relnamespace = '${workspaceSchemaName}'::pg_catalog.regnamespace AND relkind IN ('r', 'm')`;

/** A statement writes less than 100 MB in this time on the disks we know. */
const lookMilliseconds = 250;

/**
 * Ends a statement while it makes the workspace too large: judged only after its end, it could fill the disk before.
 * Looks are taken on another connection; where there is none, the judgement after the end remains.
 */
export class WorkspaceWatch {
  readonly #controller = new AbortController();
  readonly #size: () => Promise<number>;
  readonly #maxSize: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param size asks for `workspaceSize` */
  constructor(size: () => Promise<number>, maxSize: number) {
    this.#size = size;
    this.#maxSize = maxSize;
  }

  /** Aborts when the workspace has become too large. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** @param before size at the beginning: a workspace that was too large before may be tidied up */
  start(before: number): void {
    const look = async (): Promise<void> => {
      const size = await this.#size().catch(() => 0);
      if (this.#timer === undefined) return;
      if (size > this.#maxSize && size > before) this.#controller.abort();
      else this.#timer = setTimeout(() => void look(), lookMilliseconds);
    };
    this.#timer = setTimeout(() => void look(), lookMilliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
