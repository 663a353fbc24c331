// What the compiler must refuse, each line for its own reason.
import type { GeometryInput, ParcelPageQuery } from "./build/operations.js";
import type { ZoningDistrict } from "./build/schema.js";

declare const page: ParcelPageQuery;
declare const district: ZoningDistrict;
const node = page.parcels.edges[0]!.node;

// @ts-expect-error A parcel is no point.
export const x: number = node.geometry.coordinates[0];
// @ts-expect-error An address may be missing.
export const letters: number = node.address.length;
// @ts-expect-error A geometry is given in one form, not in two.
export const both: GeometryInput = { wkt: "POINT (0 0)", node: "abc" };
// @ts-expect-error A box has four sides.
export const box: GeometryInput = { bbox: [1, 2, 3] };
// @ts-expect-error The boundary of a district has several polygons.
export const boundary: "Polygon" = district.geometry.type;
