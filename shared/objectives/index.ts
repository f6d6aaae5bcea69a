import { deepCluster } from './cluster/deep-cluster.ts';
import { orchestra } from './cluster/orchestra.ts';
import { uflst } from './cluster/uflst.ts';
import type { Objective } from './contract.ts';
import { byol } from './contrastive/byol.ts';
import { instanceDiscrimination } from './contrastive/instance-discrimination.ts';
import { moco } from './contrastive/moco.ts';
import { protoclr } from './contrastive/protoclr.ts';
import { psco } from './contrastive/psco.ts';
import { simclr } from './contrastive/simclr.ts';
import { matchingNet } from './episodic/matching-net.ts';
import { protonet } from './episodic/protonet.ts';
import { maml } from './meta/maml.ts';
import { mann } from './meta/mann.ts';
import { metaLstm } from './meta/meta-lstm.ts';
import { reptile } from './meta/reptile.ts';
import { snail } from './meta/snail.ts';
import type { ObjectiveId } from './ids.ts';
import { colorization } from './pretext/colorization.ts';
import { jigsaw } from './pretext/jigsaw.ts';
import { nextFrame } from './pretext/next-frame.ts';
import { relativePatch } from './pretext/relative-patch.ts';
import { rotation } from './pretext/rotation.ts';
import { autoencoder } from './reconstruct/autoencoder.ts';
import { maskedReconstruction } from './reconstruct/masked-reconstruction.ts';
import { coTraining } from './semi/co-training.ts';
import { fedmatch } from './semi/fedmatch.ts';
import { fixmatch } from './semi/fixmatch.ts';
import { labelPropagation } from './semi/label-propagation.ts';
import { meanTeacher } from './semi/mean-teacher.ts';
import { mixmatch } from './semi/mixmatch.ts';
import { noisyStudent } from './semi/noisy-student.ts';
import { piModel } from './semi/pi-model.ts';
import { pseudoLabel } from './semi/pseudo-label.ts';
import { remixmatch } from './semi/remixmatch.ts';
import { vat } from './semi/vat.ts';
import { supervised } from './supervised/supervised.ts';

/** Every objective, by its file's name: plan validation, forms and the catalogue read this table. */
export const OBJECTIVES = {
  autoencoder,
  byol,
  'co-training': coTraining,
  colorization,
  'deep-cluster': deepCluster,
  fedmatch,
  fixmatch,
  'instance-discrimination': instanceDiscrimination,
  jigsaw,
  'label-propagation': labelPropagation,
  maml,
  mann,
  'masked-reconstruction': maskedReconstruction,
  'matching-net': matchingNet,
  'mean-teacher': meanTeacher,
  'meta-lstm': metaLstm,
  mixmatch,
  moco,
  'next-frame': nextFrame,
  'noisy-student': noisyStudent,
  orchestra,
  'pi-model': piModel,
  protoclr,
  protonet,
  psco,
  'pseudo-label': pseudoLabel,
  'relative-patch': relativePatch,
  remixmatch,
  reptile,
  rotation,
  simclr,
  snail,
  supervised,
  uflst,
  vat,
} satisfies Record<ObjectiveId, Objective>;

export type { ObjectiveId };
