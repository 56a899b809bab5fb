import type { PlaneName } from '../plane.ts';
import type { FrameProduct } from '../reduce.ts';
import type { MeasuredPlane, PlaneStandard } from '../stages/state.ts';
import { type Column, type Meta, toEcsv, toPlainCsv } from '../tables/ecsv.ts';
import { catalogueColumns, plainColumns } from './catalogue.ts';

/** The catalogue of one plane, ready to be written or sent. */
export interface PlaneTable {
  readonly plane: PlaneName;
  readonly columns: readonly Column[];
  /** As ECSV, with the frame's record as metadata. */
  ecsv(record: object): string;
  /** The plain table that any program reads. */
  plainCsv(): string;
}

/** `standard` is the outcome of the same plane in `product.standards`. */
export function planeTable(
  product: FrameProduct,
  { plane, measurement }: MeasuredPlane,
  standard: PlaneStandard,
): PlaneTable {
  const columns = catalogueColumns(measurement.sources, {
    plane,
    apertures: measurement.apertures,
    exposureS: product.facts.exposureS?.value,
    wcs: product.location.kind === 'located' ? product.location.wcs : undefined,
    standard: standard.outcome === 'standardised' ? standard : undefined,
  });
  return {
    plane: plane.name,
    columns,
    ecsv: (record) => toEcsv(columns, record as Meta),
    plainCsv: () => toPlainCsv(columns.filter(({ name }) => plainColumns.includes(name))),
  };
}
