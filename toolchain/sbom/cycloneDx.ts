/** One thing that an image is made of. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** Package URL (purl): says where it comes from, and is its identity in the document. */
  readonly purl: string;
  /** SPDX expression, where the source of the component states one. */
  readonly license?: string | undefined;
  /** Subresource integrity, as in package-lock.json. */
  readonly integrity?: string | undefined;
}

export type BillOfMaterials = ReturnType<typeof cycloneDx>;

/** A bill of materials in CycloneDX 1.6: the same image always gives the same text. */
export function cycloneDx(
  image: { name: string; tag: string; version: string },
  parts: readonly Component[],
) {
  const components = parts
    .toSorted((a, b) => (a.purl < b.purl ? -1 : 1))
    .map(({ name, version, purl, license, integrity }) => ({
      type: "library",
      "bom-ref": purl,
      name,
      version,
      purl,
      ...(license !== undefined && { licenses: [{ expression: license }] }),
      ...(integrity !== undefined && { hashes: [hashOf(integrity)] }),
    }));
  const subject = `kilocode-mcp/${image.name}@${image.tag}`;
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "container",
        "bom-ref": subject,
        name: `kilocode-mcp-${image.name}`,
        version: image.version,
      },
    },
    components,
    dependencies: [{ ref: subject, dependsOn: components.map(({ purl }) => purl) }],
  };
}

/** `sha512-<base64>` in the words of CycloneDX. */
function hashOf(integrity: string): { alg: string; content: string } {
  const [algorithm = "", text = ""] = integrity.split("-", 2);
  const alg = algorithm.toUpperCase().replace("SHA", "SHA-");
  return { alg, content: Buffer.from(text, "base64").toString("hex") };
}
