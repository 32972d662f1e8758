import fs from "node:fs";
import Docker from "dockerode";
import { labels } from "#model/names.ts";
import type { DockerEndpoint } from "#providers/docker/endpoint.ts";
import { baseImage } from "./baseImage.ts";
import { cacheFolder } from "./cacheFolder.mjs";

/** Label of the images that this project builds. */
const imageLabel = "io.kilocode.image";

/**
 * Removes what carries the stack instance's id and is left after a destroy, such as the helper container of a
 * run that was killed. Returns the names. To be called only when the state holds none of it any more.
 */
export async function removeLeftovers(endpoint: DockerEndpoint, instance: string): Promise<string[]> {
  const docker = new Docker(endpoint.options);
  const filters = { label: [`${labels.instance}=${instance}`] };
  const removed: string[] = [];
  for (const { Id, Names } of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(Id).remove({ force: true, v: true });
    removed.push((Names[0] ?? Id).replace(/^\//, ""));
  }
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes) {
    await docker.getVolume(Name).remove();
    removed.push(Name);
  }
  for (const { Id, Name } of await docker.listNetworks({ filters })) {
    await docker.getNetwork(Id).remove();
    removed.push(Name);
  }
  return removed;
}

/** Removes this project's images. Those that a container of another stack uses stay. */
export async function removeImages(endpoint: DockerEndpoint): Promise<string[]> {
  const docker = new Docker(endpoint.options);
  const ours = await docker.listImages({ filters: { label: [imageLabel] } });
  const base = await docker.listImages({ filters: { reference: [baseImage] } });
  const removed: string[] = [];
  for (const name of [
    ...ours.map(({ Id, RepoTags }) => RepoTags?.[0] ?? Id),
    ...(base.length > 0 ? [baseImage] : []),
  ]) {
    try {
      await docker.getImage(name).remove();
      removed.push(name);
    } catch (error) {
      const { statusCode } = error as { statusCode?: number };
      // 409: in use; 404: went together with another tag.
      if (statusCode !== 409 && statusCode !== 404) throw error;
    }
  }
  return removed;
}

/** Removes the toolchain and all other caches of this user; the next set-up makes them again. */
export function removeCaches(): string {
  const folder = cacheFolder();
  fs.rmSync(folder, { recursive: true, force: true });
  return folder;
}
