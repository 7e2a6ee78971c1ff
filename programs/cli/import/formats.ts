/** What a file or standard input may hold. */
export const FORMATS = ["json", "consul", "etcd", "configmap", "env", "properties"] as const;
export type ImportFormat = (typeof FORMATS)[number];
