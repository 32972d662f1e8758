/*
 * Texts that hold marks where a secret belongs. The texts may be shown and recorded; only the provider that writes
 * them onto a volume puts the secrets in.
 */

/** `plain`: the whole value is the secret. `url`: the secret stands inside an URL. */
export type SecretForm = "plain" | "url";

const mark = /\$\{secret:([a-z][a-z0-9-]{0,62})(:url)?\}/g;

/** `${secret:database-password}`, or `${secret:database-password:url}` inside an URL. */
export function secretMark(name: string, form: SecretForm = "plain"): string {
  return `\${secret:${name}${form === "url" ? ":url" : ""}}`;
}

/** Whether a text holds something that would be taken for a mark. */
export function holdsMark(text: string): boolean {
  return text.includes("${secret:");
}

/** Names of the secrets that a text needs, each once. */
export function secretsIn(text: string): string[] {
  return [...new Set([...text.matchAll(mark)].map(([, name]) => name!))];
}

/**
 * The text with each mark replaced by its secret: as `quote` writes it for the syntax of the file, or, inside an
 * URL, percent-encoded.
 *
 * @param quote for `.env`: `quoteDotenv`
 * @throws TypeError naming the secret (never its value) if it is missing or `quote` refuses it.
 */
export function fillSecrets(
  text: string,
  secrets: Readonly<Record<string, string>>,
  quote: (value: string) => string,
): string {
  return text.replace(mark, (_, name: string, url: string | undefined) => {
    const value = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
    if (value === undefined || value === "") throw new TypeError(`the secret ${name} is missing`);
    try {
      return url === undefined ? quote(value) : quoteUrl(value);
    } catch (error) {
      throw new TypeError(`the secret ${name} cannot be written: ${(error as Error).message}`, {
        cause: error,
      });
    }
  });
}

/** Only unreserved characters (RFC 3986) and percent signs, so that no syntax around the URL sees anything special. */
function quoteUrl(value: string): string {
  const special = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(value).replace(/[!'()*]/g, special);
}
