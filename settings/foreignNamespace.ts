import { distance } from "fastest-levenshtein";

/** Namespaces of providers are none of ours; one that nearly has the project's name was meant for it. */
export function isMistakenNamespace(namespace: string, project: string): boolean {
  return namespace !== project && (distance(namespace, project) <= 4 || namespace.startsWith("kilocode"));
}
