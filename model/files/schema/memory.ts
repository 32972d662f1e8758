import type { z } from "zod";
import {
  bytes,
  days,
  file,
  flag,
  integer,
  key,
  maybe,
  need,
  oneOf,
  path,
  seconds,
  section,
  secretReference,
  set,
  text,
} from "./fields.ts";
import {
  databaseKeys,
  databaseTls,
  entranceKeys,
  fraction,
  poolKeys,
  rateLimitSection,
  serverLoggingSection,
  serverSection,
  serviceMaxKey,
} from "./sections.ts";

const year = 31_536_000;

/** `/etc/kilocode/mcp/memory.json` */
export const memoryFile = file("The memory server.", {
  server: serverSection(100),
  database: section("Where memories are kept: in PostgreSQL; exports lie in a volume.", {
    vectorDbPath: key(
      path(),
      "/opt/kilocode/mcp-servers/memory_db",
      "The server's own folder. Memories do not lie there, but in PostgreSQL.",
      "path",
    ),
    backupsPath: key(path(), "/opt/kilocode/mcp-servers/memory_backups", "Folder of the exports.", "path"),
    maxSize: need(
      integer(1, 10_000_000),
      "Memories that are kept at most; the same as memory.maxItems.",
      "items",
    ),
    cleanupInterval: key(seconds(60, year), 3600, "How often expired memories are removed.", "s"),
    compression: key(flag(), true, "Whether exports are compressed."),
    encryption: need(flag(), "Whether content is encrypted; the same as security.dataEncryption.enabled."),
    backupInterval: key(seconds(60, year), 86_400, "How often an export is written.", "s"),
    backupRetention: key(days(1, 3650), 30, "Exports older than this are removed.", "days"),
    ...databaseKeys,
    pool: section("Connections that are kept open.", {
      min: key(integer(0, 1000), 2, "Idle connections that are kept.", "connections"),
      max: need(integer(1, 1000), "Connections of the server's login at most.", "connections"),
      serviceMax: serviceMaxKey(),
      ...poolKeys,
    }),
    ssl: databaseTls(),
  }),
  memory: section("What a memory is, and how it is found.", {
    maxItems: key(
      integer(1, 10_000_000),
      10_000,
      "Memories that are kept at most; beyond, the least used go.",
      "items",
    ),
    maxSizePerItem: key(bytes("1B", "100MB"), 1_024_000, "Largest content of one memory.", "bytes"),
    defaultTags: key(
      set(text(/^[^\p{Cc},]{1,100}$/u, "tags of 1 to 100 characters without commas"), 0, 100, "tags"),
      ["default"],
      "Tags of a memory that was stored without any.",
    ),
    autoConsolidate: key(flag(), true, "Whether memories of the same content, or nearly, are merged."),
    consolidationInterval: key(seconds(60, year), 86_400, "How often that is done.", "s"),
    retentionDays: key(days(1, 36_500), 30, "A memory stored without expires_at is kept so long.", "days"),
    embeddingModel: key(
      text(/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,199}$/, "the name of an embedding model"),
      "text-embedding-ada-002",
      "Model that turns text into vectors. It is stored with each memory; another one needs re-embedding.",
    ),
    embeddingEndpoint: maybe(
      text(
        /^(https:\/\/[A-Za-z0-9.-]{1,253}|http:\/\/([A-Za-z0-9-]{1,63}|127\.0\.0\.1|\[::1\]))(:\d{1,5})?(\/[A-Za-z0-9._~%-]+){0,20}\/?$/,
        "an https URL; http only to a host without dots, such as another container, or to the loopback address",
      ),
      "Full URL of an OpenAI-compatible endpoint that embeds; its key is secrets.embeddings. Without it, words are compared.",
      "URL",
    ),
    embeddingFolder: maybe(
      path(),
      "Folder of a model that the server runs itself: model.onnx and tokenizer.json. It is mounted by servers.memory.mounts.",
      "path",
    ),
    embeddingDimension: need(
      integer(1, 2000),
      "Numbers in an embedding; the column memory_items.embedding has as many.",
      "numbers",
    ),
    similarityThreshold: key(
      fraction(),
      0.7,
      "Results that are less similar are left out (1 is equal).",
      "cosine similarity",
    ),
  }),
  security: section("Who may call, from where, how often; and encryption.", {
    ...entranceKeys,
    rateLimit: rateLimitSection(200),
    dataEncryption: section(
      "Encryption of the content of memories; embeddings, tags and metadata stay readable.",
      {
        enabled: key(flag(), true, "Whether content is encrypted before it is stored."),
        algorithm: key(oneOf(["AES-256-GCM"]), "AES-256-GCM", "How."),
        keyRotationInterval: key(
          seconds(3600, 10 * year),
          86_400,
          "A key older than this is reported as due for rotation.",
          "s",
        ),
        keys: key(
          secretReference(),
          "file:/run/kilocode/secrets/encryption-keys",
          "Where the key ring lies: keys by id, and which of them encrypts.",
          "reference",
        ),
      },
    ),
  }),
  logging: serverLoggingSection(),
});

export type MemoryFile = z.output<typeof memoryFile>;
