import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import type { KeyRing } from "#servers/runtime/keyRing.ts";

/** How a content lies in its row. */
export interface StoredContent {
  readonly content: string;
  /** Key that it is encrypted with; null: it is plain text. */
  readonly keyId: string | null;
}

/** What a ciphertext belongs to; it opens nowhere else. */
export interface ContentPlace {
  readonly memoryId: string;
  /** Null where no client stored it. */
  readonly owner: string | null;
}

/** A stored content that does not open: its key is not in the ring, or it is not what was stored in this place. */
export class ContentRefused extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = "ContentRefused";
  }
}

const ciphers = { "AES-256-GCM": "aes-256-gcm" } as const;
const nonceBytes = 12;
const tagBytes = 16;

interface Derived {
  readonly encryption: Buffer;
  readonly hash: Buffer;
}

/**
 * Encrypts and opens contents with the keys of a ring, and makes the hash by which equal contents are found.
 * Stored form: base64 of nonce, tag and ciphertext; the place is authenticated with it.
 */
export class ContentCipher {
  readonly #enabled: boolean;
  readonly #cipher: (typeof ciphers)[keyof typeof ciphers];
  readonly #active: string;
  readonly #keys: ReadonlyMap<string, Derived>;

  constructor(ring: KeyRing, { enabled, algorithm }: { enabled: boolean; algorithm: keyof typeof ciphers }) {
    this.#enabled = enabled;
    this.#cipher = ciphers[algorithm];
    this.#active = ring.active;
    this.#keys = new Map([...ring.keys].map(([id, key]) => [id, derive(key)]));
  }

  /** Key that new contents get; null where encryption is off. */
  get activeKey(): string | null {
    return this.#enabled ? this.#active : null;
  }

  get keyIds(): readonly string[] {
    return [...this.#keys.keys()];
  }

  seal(text: string, place: ContentPlace): StoredContent {
    if (!this.#enabled) return { content: text, keyId: null };
    const keyId = this.#active;
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(this.#cipher, this.#keys.get(keyId)!.encryption, nonce, {
      authTagLength: tagBytes,
    });
    cipher.setAAD(placeBytes(place, keyId));
    const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return { content: Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64"), keyId };
  }

  /** @throws ContentRefused */
  open({ content, keyId }: StoredContent, place: ContentPlace): string {
    if (keyId === null) return content;
    const key = this.#keys.get(keyId);
    if (!key) throw new ContentRefused(`key ${keyId} is not in the ring`);
    const bytes = Buffer.from(content, "base64");
    if (bytes.length < nonceBytes + tagBytes) throw new ContentRefused("it is too short");
    const decipher = createDecipheriv(this.#cipher, key.encryption, bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    decipher.setAAD(placeBytes(place, keyId));
    try {
      const sealed = bytes.subarray(nonceBytes + tagBytes);
      return Buffer.concat([decipher.update(sealed), decipher.final()]).toString("utf8");
    } catch {
      throw new ContentRefused("it is not what was stored under this memory, key and owner");
    }
  }

  /** Equal for equal contents of one owner under one key; without the key it says nothing about the content. */
  hash(text: string, owner: string | null): string {
    const mac = createHmac("sha256", this.#keys.get(this.#active)!.hash);
    return `${this.#active}:${mac.update(JSON.stringify([owner, text])).digest("hex")}`;
  }
}

/** One key of the ring never does two things. */
function derive(key: Buffer): Derived {
  const part = (purpose: string) =>
    Buffer.from(hkdfSync("sha256", key, "", `kilocode memory ${purpose}`, 32));
  return { encryption: part("content"), hash: part("content hash") };
}

function placeBytes({ memoryId, owner }: ContentPlace, keyId: string): Buffer {
  return Buffer.from(JSON.stringify(["kilocode memory 1", memoryId, keyId, owner]), "utf8");
}
