/** The protected resource of every server, and where its metadata lies (RFC 9728, 3.1). */
const resourcePath = "/mcp";
const wellKnown = "/.well-known/oauth-protected-resource";

export const metadataPaths: readonly string[] = [wellKnown, wellKnown + resourcePath];

/** URLs as the client sees them, from a Host header that has been checked against `allowedHosts`. */
export interface ResourceUrls {
  readonly origin: string;
  readonly resource: string;
  readonly metadata: string;
}

export function resourceUrls(host: string): ResourceUrls {
  const { origin } = new URL(`https://${host}`);
  return { origin, resource: origin + resourcePath, metadata: origin + wellKnown + resourcePath };
}
