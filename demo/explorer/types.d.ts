// Written by `python -m demo.messages` from the TypedDicts of demo/messages: change those, and run it again.
// Read by tsc alone; the browser is not sent this file.

export interface AreaFacts {
  mean: number;
  low: number;
  high: number;
  draws: number;
}

/** What the visitor asked for. */
export interface AskedFacts {
  crop: string;
  box: number[] | null;
  flip: boolean;
}

/** A line and its band over the points of `shares`. */
export interface BandFacts {
  mean: number[];
  low: number[];
  high: number[];
}

/** One PSA block: `channel` (C,) and `spatial` (height, width), each with words, numbers and a fitted scale. */
export interface BlockFacts {
  name: string;
  formula: string;
  layout: string;
  channels: number;
  width: number;
  height: number;
  cells: string;
  channel: string;
  spatial: string;
  channelSpan: string;
  spatialSpan: string;
  channelWords: string;
  spatialWords: string;
  channelPlaces: number;
  spatialPlaces: number;
  channelMean: number;
  channelStretched: ScaleFacts;
  spatialStretched: ScaleFacts;
  size: string;
  channelNumbers: GateNumbers;
  spatialNumbers: GateNumbers;
}

/** The headings of the blocks in the order of the pass, and every statistic of them. */
export interface BlockMapFacts {
  groups: GroupFacts[];
  statistics: StatisticFacts[];
}

export interface CascadeFacts {
  randomised: string;
  rho: Record<string, number | null>;
  ssim: Record<string, number | null>;
}

/** `base` is the untouched pass of the network itself, where the page has only a stored one. */
export interface ChangeAnswer extends EditedFacts {
  base: ResultFacts | null;
  restored?: boolean;
}

/** The second result minus the first. `gates` leaves out blocks in which nothing changed. */
export interface ChangeFacts {
  identical: boolean;
  visible: boolean;
  sentences: string[];
  joints: JointChangeFacts[];
  classes: ClassChangeFacts[];
  flipped: number;
  heatmaps: ScaleFacts | null;
  probabilities: ScaleFacts | null;
  gates: Record<string, GateScales>;
  outputs: OutputChangeFacts[];
}

/** `areas` before and after, as text; `lost` and `gained` in pixels of the photo. */
export interface ClassChangeFacts {
  name: string;
  words: string;
  areas: string[];
  points: string;
  lost: number;
  gained: number;
}

/** The frames of a clip; `block` is sent in full, of every block the map and the `statistic`. */
export interface ClipAnswer extends Envelope {
  kind: 'clip';
  block: string;
  statistic: string;
  still: number;
  skeleton: SkeletonFacts;
  blocks: string[];
  frames: ClipFrame[];
  notes: string[];
  channels: ClipChannels[];
}

/** A block's channel gate: of `count` channels, how many are constant, and those that vary most. */
export interface ClipChannels {
  block: string;
  count: number;
  constant: number;
  varied: VariedChannel[];
}

/** `answer` is base64 of what demo.live_answer packs; `picture` the address of the frame itself. */
export interface ClipFrame {
  seconds: number;
  answer: string;
  picture: string;
}

/** Maps as bytes, each between two `limits` (float32) of its own. */
export interface CodedFacts {
  codes: string;
  limits: string;
}

/** Another model, or this one with random weights of a seed, on the same crop. */
export interface CompareAnswer extends Envelope {
  kind: 'compare';
  base: ResultFacts | null;
  asked: ComparedModel;
  other: SecondFacts;
  change: ChangeFacts;
}

export interface ComparedModel {
  model: string;
  seed: number | null;
}

/**
 * What the network saw: `box` in pixels of the photo, `width` and `height` in those of the network; `alignment`
 * where it is not "edges".
 */
export interface CropFacts {
  box: number[];
  width: number;
  height: number;
  stride: number;
  alignment?: string;
  src: string;
}

/** One order of removal ("delete") or of giving back ("insert"), for each measure by name. */
export interface CurveFacts {
  order: string;
  mode: 'delete' | 'insert';
  left: Record<string, BandFacts>;
  areas: Record<string, AreaFacts>;
}

export interface CurvesFacts {
  block: string;
  branch: string;
  off: number;
  shares: number[];
  measures: MeasureFacts[];
  curves: CurveFacts[];
}

/** Why the person shown may be wrong. */
export interface DoubtFacts {
  kind: string;
  text: string;
}

/** A map as one habit of other programs draws it. */
export interface DrawingFacts {
  habit: string;
  src: string;
  caption: string;
  honest: boolean;
}

export interface DrawingsAnswer extends Envelope {
  kind: 'misleading';
  block: string;
  drawings: DrawingFacts[];
}

/**
 * The edited result of a visit. Without edits `after` and `change` are null, and `reached` and
 * `statistics` (by key, of all blocks) are not there.
 */
export interface EditedFacts extends Envelope {
  kind: 'change';
  asked: (Record<string, any>)[];
  texts: string[];
  reached?: string[];
  statistics?: Record<string, StatisticValues>;
  after: SecondFacts | null;
  change: ChangeFacts | null;
}

/** One gate set to its own mean: the probability that is lost, and every measure. */
export interface EffectFacts {
  block: string;
  branch: string;
  off: number;
  lost: number;
  left: Record<string, number>;
}

/** The visitor's edits on a stored example: its result before and after, without blocks. */
export interface ElsewhereAnswer extends Envelope {
  kind: 'elsewhere';
  example: string;
  crop: CropFacts;
  before: SecondFacts;
  after: SecondFacts;
  change: ChangeFacts;
}

/** `n` repeats the request's number, `serial` makes every message another one, `runs` are what can be restored. */
export interface Envelope {
  n?: number | null;
  serial?: number;
  runs?: RunFacts[];
}

export interface EquivarianceFacts {
  block: string;
  change: string;
  spatial: number | null;
  spatial_stays: number | null;
  channel: number | null;
  detail: string;
}

export interface EvidenceAnswer extends Envelope {
  kind: 'evidence';
  base: ResultFacts | null;
  target: TargetFacts;
  maps: MapFacts[];
  curves: CurvesFacts;
  verdict: string;
}

/** A stored example, see demo.shelf.Example. */
export interface ExampleFacts {
  name: string;
  label: string;
  thumbnail: string;
  origin: string;
  question: string;
  answer: string;
}

/** The block under one formula; `why` in the place of label and block where that is impossible. */
export interface FormulaFacts {
  formula: string;
  layout: string;
  own?: boolean;
  model?: string;
  label?: string;
  block?: BlockFacts;
  why?: string;
}

/** Statistics of a gate, as text. */
export interface GateNumbers {
  min: string;
  max: string;
  mean: string;
  sd: string;
  entropy: string;
}

export interface GateScales {
  channel: ScaleFacts;
  spatial: ScaleFacts;
}

/** A heading, and the number of blocks that follow one another under it. */
export interface GroupFacts {
  text: string;
  count: number;
}

/** `moved` in pixels of the photo; `peaks` and `scores` before and after, as text. */
export interface JointChangeFacts {
  name: string;
  words: string;
  moved: number;
  peaks: string[];
  scores: string[];
}

/** The state is among the runs now. */
export interface KeptAnswer extends Envelope {
  kind: 'kept';
}

/**
 * An attribution on a gate's own cells or channels. `rho` is its rank correlation with the gate, `band` that of
 * chance; both again for the size of the values.
 */
export interface MapFacts {
  method: string;
  of: string;
  note: string;
  values: string;
  shape: number[];
  scale: ScaleFacts;
  delta: number | null;
  change: number | null;
  rho: number | null;
  band: [number, number] | null;
  rhoSize: number | null;
  bandSize: [number, number] | null;
  beyond: boolean;
  draws: number;
}

export interface MeasureFacts {
  name: string;
  meaning: string;
  axis: string;
}

/** A sentence for the visitor; what is shown stays. */
export interface MessageAnswer extends Envelope {
  kind: 'message';
  text: string;
}

/** The LayerNorm before the sigmoid. */
export interface NormFacts {
  epsilon: number;
  gain: string;
  offset: string;
}

/** `means`: model -> what its gates' mean was taken over. `colours`: 256 RGB rows of bytes by name. */
export interface OfferFacts {
  models: string[];
  examples: ExampleFacts[];
  means: Record<string, string>;
  tasks: Record<string, TaskFacts>;
  trainings: string[];
  colours: Record<string, string>;
}

/** Attention that is not PSA. `known`: what was checked of it. */
export interface OtherFacts {
  name: string;
  kind: string;
  known: string;
  sites: SiteFacts[];
}

/** How far one tensor moved. `scale` is centred on 0; None where nothing changed. */
export interface OutputChangeFacts {
  name: string;
  words: string;
  scale: ScaleFacts | null;
}

/** One tensor. `same`: as in the first result, and nothing more is said. `sent` of its channels are in `values`. */
export interface OutputFacts {
  name: string;
  same?: boolean;
  shape?: number[];
  dtype?: string;
  channels?: number;
  width?: number;
  height?: number;
  row?: boolean;
  placed?: boolean;
  explainable?: boolean;
  sent?: number;
  values?: string;
  blank?: number;
  own?: ScaleFacts[];
  shared?: ScaleFacts | null;
  spread?: number[];
}

/** `probabilities` (K, height, width); `mask` a grey PNG whose values are classes, `outside` beyond the photo. */
export interface ParsingFacts {
  names: string[];
  colours: string[];
  palette: number[][];
  width: number;
  height: number;
  probabilities: string;
  scale: ScaleFacts;
  shares: number[];
  percents: string[];
  mask: string;
  outside: number;
}

/** Somebody found: `box` (x0, y0, x1, y1) in pixels of the photo. */
export interface PersonFacts {
  box: number[];
  score: number;
}

/** A small copy as a data URL, and the size of the photo itself in pixels. */
export interface PhotoFacts {
  src: string;
  width: number;
  height: number;
}

/** `heatmaps` (J, height, width); `keypoints` (x, y) in pixels of the photo; a scale for all and one for each. */
export interface PoseFacts extends SkeletonFacts {
  width: number;
  height: number;
  heatmaps: string;
  keypoints: number[][];
  scores: number[];
  peaks: number[];
  shared: ScaleFacts;
  own: ScaleFacts[];
}

/** `flat` counts the gates that have no pattern to lose; `tried` of the `of` others were set to their mean. */
export interface RankAnswer extends Envelope {
  kind: 'rank';
  base: ResultFacts | null;
  target: TargetFacts;
  effects: EffectFacts[];
  flat: number;
  tried: number;
  of: number;
}

/** One network and one crop. `person` is the index of the one shown in `people`. */
export interface ResultFacts extends Envelope {
  kind: 'result';
  example: string | null;
  stored: boolean;
  model: string;
  formula: string;
  layout: string;
  device: string;
  seconds: number;
  flip: boolean;
  edits: string[];
  notes: string[];
  people: PersonFacts[];
  person: number | null;
  doubts: DoubtFacts[];
  photo: PhotoFacts;
  crop: CropFacts;
  pose: PoseFacts | null;
  segmentation: ParsingFacts | null;
  gate: ScaleFacts;
  blocks: BlockFacts[];
  habits: Record<string, string[]>;
  map: BlockMapFacts | null;
  outputs: OutputFacts[];
  others: OtherFacts[];
  asked?: AskedFacts;
  devices?: string[];
  story?: StoryFacts | null;
  truth?: TruthFacts | null;
}

/** An earlier result that can be shown again. */
export interface RunFacts {
  number: number;
  label: string;
}

export interface SanityAnswer extends Envelope {
  kind: 'sanity';
  base: ResultFacts | null;
  target: TargetFacts;
  block: string;
  cascade: CascadeFacts[];
  moved: EquivarianceFacts[];
}

/** From a value to a colour. `colours` names one of the tables of the offer. */
export interface ScaleFacts {
  low: number;
  high: number;
  constant: boolean;
  label: string;
  legend: string;
  ticks: number[];
  tickLabels: string[];
  colours: string;
}

/** Without photo and crop, which are those of the first result, and without blocks that are the same. */
export interface SecondFacts {
  model: string;
  formula: string;
  layout: string;
  seconds: number;
  pose: PoseFacts | null;
  segmentation: ParsingFacts | null;
  blocks: BlockFacts[];
  outputs: OutputFacts[];
  others: OtherFacts[];
}

/** One gate, as a picture of cells; too large ones have no values. */
export interface SiteFacts {
  name: string;
  axes: string;
  map: boolean;
  width: number;
  height: number;
  shape: number[];
  words: string;
  values: string | null;
  scale: ScaleFacts | null;
}

/** Joints by index. `limbs` holds start, end and colour of each; `order` is that of the small multiples. */
export interface SkeletonFacts {
  names: string[];
  colours: string[];
  sides: string[];
  order: number[];
  limbs: [number, number, string][];
}

/** `channel` (S, C), `spatial` (S, height, width). */
export interface SnapshotBlock {
  name: string;
  width: number;
  height: number;
  channels: number;
  channel: CodedFacts;
  spatial: CodedFacts;
  channelWords: string[];
  spatialWords: string[];
}

export interface SnapshotParsing {
  names: string[];
  colours: string[];
  palette: number[][];
  masks: string[];
  outside: number;
}

/** `heatmaps` (S, J, height, width), all on one scale. */
export interface SnapshotPose extends SkeletonFacts {
  width: number;
  height: number;
  heatmaps: CodedFacts;
  keypoints: number[][][];
  scores: number[][];
  scale: ScaleFacts;
}

/** `figures` has the metrics that were known at each step. */
export interface SnapshotsAnswer {
  trainings: string[];
  training: string;
  photos: string[];
  photo: string;
  model: string;
  formula: string;
  layout: string;
  total: number;
  steps: number[];
  figures: (Record<string, number>)[];
  crop: CropFacts;
  gate: ScaleFacts;
  blocks: SnapshotBlock[];
  pose: SnapshotPose | null;
  segmentation: SnapshotParsing | null;
}

/** One tensor of the block, see psa_viz.session.stages.Stage; `code` prints it in Python. */
export interface StageFacts {
  key: string;
  term: string;
  path: string;
  formed: boolean;
  axes: string;
  shape: number[];
  kind: string;
  values: string;
  scale: ScaleFacts;
  words: string;
  sd: string;
  code: string;
}

/** With the scale of all that is possible and one fitted to these. */
export interface StatisticFacts extends StatisticValues {
  key: string;
  label: string;
  absolute: ScaleFacts;
  fitted: ScaleFacts;
}

/** One number per block, also as text. */
export interface StatisticValues {
  values: number[];
  texts: string[];
}

/** Features of `channels` before and after the gates, each (channels, H, W) on one scale. */
export interface StoryFacts {
  block: string;
  channels: number[];
  before: string;
  after: string;
  scale: ScaleFacts;
}

/** Branches switched off, in one block or in all (`block` is null), in both layouts. */
export interface SwitchboardAnswer extends Envelope {
  kind: 'switchboard';
  base: ResultFacts | null;
  block: string | null;
  rows: string[];
  columns: SwitchboardColumn[];
}

/** How far one prediction is from the model's own, in words and numbers as text. */
export interface SwitchboardCell {
  row: string;
  words: string;
  identical: boolean;
  moved: string | null;
  furthest: string | null;
  flipped: string | null;
  points: number[][];
  mask: string | null;
}

/** `why` says why a layout can not be computed; then there are no cells. */
export interface SwitchboardColumn {
  layout: string;
  own: boolean;
  why: string | null;
  cells: SwitchboardCell[];
}

/** What is explained. */
export interface TargetFacts {
  text: string;
  task: string;
  name: string;
  what: string;
}

/** What a model predicts, and the models that predict the same. */
export interface TaskFacts {
  joints: boolean;
  words: string;
  alike: string[];
}

/** The same block of the models that were trained under each formula. */
export interface TrainedAnswer extends Envelope {
  kind: 'trained';
  base: ResultFacts | null;
  block: string;
  rows: FormulaFacts[];
}

/** In pixels of the photo; the error also as a share of the person's longer side. */
export interface TrueJoint {
  x: number;
  y: number;
  visible: boolean;
  pixels: number;
  share: number;
}

/** The mask as a grey PNG, and each class's intersection over union inside the crop. */
export interface TrueMask {
  src: string;
  iou: (number | null)[];
  words: string;
}

/** A joint that nothing is known of is null; `size` is the person's longer side in pixels. */
export interface TruePose {
  joints: (TrueJoint | null)[];
  size: number;
  words: string;
}

/** Null for what this network does not predict, or nobody knows. */
export interface TruthFacts {
  pose: TruePose | null;
  mask: TrueMask | null;
}

/** A channel and the standard deviation of its weight over the frames. */
export interface VariedChannel {
  channel: number;
  sd: number;
}

export interface WalkAnswer extends Envelope {
  kind: 'walk';
  base: ResultFacts | null;
  block: string;
  formula: string;
  layout: string;
  stages: StageFacts[];
  weights: Record<string, WeightFacts>;
  norm: NormFacts | null;
  formulas: FormulaFacts[];
}

/** A convolution's matrix, (out, in). */
export interface WeightFacts {
  shape: number[];
  values: string;
}

export type Answer =
  | MessageAnswer
  | KeptAnswer
  | ResultFacts
  | ChangeAnswer
  | CompareAnswer
  | ElsewhereAnswer
  | SwitchboardAnswer
  | WalkAnswer
  | TrainedAnswer
  | EvidenceAnswer
  | RankAnswer
  | SanityAnswer
  | DrawingsAnswer
  | ClipAnswer;
