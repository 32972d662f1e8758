import { z } from "zod";
import { ToolError } from "#servers/runtime/tool.ts";

/* What arguments of several tools have in common. */

const noControl = /^[^\p{Cc}]*$/u;

export const memoryId = () => z.string().min(1).max(100).regex(noControl).describe("At most 100 characters.");

export const tag = () =>
  z
    .string()
    .min(1)
    .max(100)
    .regex(/^[^\p{Cc},]+$/u);

export const tags = () => z.array(tag()).max(100);

export const queryText = () => z.string().min(1).max(10_000);

export const resultCount = (usual: number) =>
  z.number().int().min(1).max(100).default(usual).describe(`Results at most; default ${usual}.`);

/** Without spaces around them, each once. */
export function tidyTags(given: readonly string[]): string[] {
  return [...new Set(given.map((each) => each.normalize("NFC").trim()).filter((each) => each !== ""))];
}

/** @throws ToolError for text that PostgreSQL, or UTF-8, cannot hold as it is */
export function checkText(name: string, text: string): void {
  if (text.includes("\0")) throw new ToolError("22021", `${name} must not contain a null character.`);
  if (!text.isWellFormed()) {
    throw new ToolError("22021", `${name} must be Unicode text; it has half of a surrogate pair.`);
  }
}

export function checkTexts(name: string, texts: readonly string[] | undefined): void {
  for (const text of texts ?? []) checkText(name, text);
}

const maxMetadataBytes = 65_536;
const maxDepth = 20;

/** @throws ToolError for metadata that is too large, too deep, or holds text that cannot be kept */
export function checkMetadata(metadata: Record<string, unknown>): void {
  if (isDeeper(metadata, maxDepth)) {
    throw new ToolError("metadata", `metadata must not be nested deeper than ${maxDepth} levels.`);
  }
  const json = JSON.stringify(metadata);
  if (Buffer.byteLength(json) > maxMetadataBytes) {
    throw new ToolError("metadata", `metadata must not be larger than ${maxMetadataBytes} bytes as JSON.`);
  }
  // How JSON writes a null character and half of a surrogate pair; jsonb takes neither.
  if (/(?<!\\)(\\\\)*\\u(0000|d[89a-f][0-9a-f]{2})/i.test(json)) {
    throw new ToolError("metadata", "metadata must be Unicode text without null characters.");
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}

/**
 * The instant that an argument names.
 *
 * @throws ToolError unless it lies in the future
 */
export function futureInstant(name: string, text: string, now: Date): Date {
  const instant = new Date(text);
  if (Number.isNaN(instant.getTime()) || instant <= now || instant.getUTCFullYear() > 9999) {
    throw new ToolError(
      name,
      `${name} must be an instant in the future, such as ${new Date(now.getTime() + 86_400_000).toISOString()}.`,
    );
  }
  return instant;
}
