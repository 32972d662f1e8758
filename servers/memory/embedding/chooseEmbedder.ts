import type { MemoryFile } from "#model/files/schema/memory.ts";
import type { FilesVersion } from "#servers/runtime/filesVersion.ts";
import type { Log } from "#servers/runtime/log.ts";
import type { Embedder } from "./embedder.ts";
import { endpointEmbedder } from "./endpointEmbedder.ts";
import { lexicalEmbedder } from "./lexicalEmbedder.ts";
import { localEmbedder } from "./localEmbedder.ts";

const keyFile = "/run/kilocode/secrets/embeddings";

/**
 * The embedder that the files ask for: the model in a folder if one is named, else the endpoint, else the lexical
 * one. An endpoint without a secret is asked without a key, as those on one's own machines want none.
 *
 * @throws FileRefused if the secret cannot be read
 */
export async function chooseEmbedder(
  memory: MemoryFile["memory"],
  files: FilesVersion,
  log: Log,
): Promise<() => Embedder> {
  const {
    embeddingModel: model,
    embeddingDimension: dimension,
    embeddingEndpoint: url,
    embeddingFolder: folder,
  } = memory;
  if (model === "lexical") return () => lexicalEmbedder(dimension);
  if (folder !== undefined) return () => localEmbedder(folder, model, dimension);
  if (url === undefined) return () => lexicalEmbedder(dimension);
  const key = (await files.readOptional(keyFile))?.trim();
  return () => endpointEmbedder({ url, model, key: key === "" ? undefined : key, dimension }, log);
}
