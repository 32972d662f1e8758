import type { Component } from "./cycloneDx.ts";

/** Where `images/<name>/assemble` lists the packages whose files it copied: `<name> <version> <architecture>` each. */
export const debianList = "/usr/share/kilocode/debian-packages";

export function debianComponents(list: string): Component[] {
  const lines = list.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const [name, version, architecture] = line.split(" ");
    if (!name || !version || !architecture) throw new Error(`${debianList}: cannot be read: ${line}`);
    const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=trixie`;
    return { name, version, purl };
  });
}
