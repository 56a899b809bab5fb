import assert from 'node:assert/strict';
import { it } from 'node:test';
import { TellOperator } from '../../../base/errors.ts';
import { orbitOf } from '../../../cli/orbits.ts';

it('reads the parts of an orbit in any order', () => {
  assert.deepEqual(orbitOf('2024 AB, q=1.2,e=0.31, peri=80,node=190.5,i=12,tp=60321.5'), {
    name: '2024 AB',
    orbit: {
      ...{ eccentricity: 0.31, perihelionAu: 1.2, inclinationDeg: 12 },
      ...{ nodeDeg: 190.5, perihelionDeg: 80, perihelionMjdTt: 60321.5 },
    },
  });
});

it('says which part is missing, is no number, belongs to no orbit, or is none that it knows', () => {
  for (const [text, fault] of [
    ['rock,e=0.1,q=1,i=3,node=10,peri=20', /perihelionMjdTt/],
    ['rock,e=0.1,q=near,i=3,node=10,peri=20,tp=60000', /perihelionAu/],
    ['rock,e=0.1,q=,i=3,node=10,peri=20,tp=60000', /perihelionAu/],
    ['rock,e=-1,q=1,i=3,node=10,peri=20,tp=60000', /eccentricity/],
    ['rock,e=0.1,q=1,i=3,node=10,peri=20,tp=60000,a=2', /"a"/],
    [',e=0.1,q=1,i=3,node=10,peri=20,tp=60000', /name/],
  ] as const) {
    assert.throws(
      () => orbitOf(text),
      (error) => error instanceof TellOperator && error.code === 'USAGE' && fault.test(error.message),
      text,
    );
  }
});
