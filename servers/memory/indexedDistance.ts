/** HNSW indexes the numbers as they are up to here, and in half precision beyond (migration 0004). */
const mostWholeDimensions = 2000;

/** SQL of the cosine distance of two vectors, in the form whose order the index of embeddings yields. */
export function indexedDistance(left: string, right: string, dimension: number): string {
  const form = dimension <= mostWholeDimensions ? "" : `::extensions.halfvec(${dimension})`;
  return `${left}${form} OPERATOR(extensions.<=>) ${right}${form}`;
}
