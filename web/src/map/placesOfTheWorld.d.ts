declare module "places-of-the-world" {
  /** The URL of the file that web/places.ts makes. */
  const url: string;
  export default url;
}
