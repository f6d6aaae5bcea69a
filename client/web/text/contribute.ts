import type { Dictionary } from './language.ts';

export const words = {
  headline: {
    en: 'Teach a model together. Keep your images.',
    ko: '모델은 함께 가르치고, 이미지는 내 곁에.',
  },
  lead: {
    en: 'Lend this tab to a shared image model. It learns from your pictures right here and sends back only what it learnt, never the pictures.',
    ko: '이 탭을 함께 만드는 이미지 모델에 빌려주세요. 학습은 바로 여기, 내 기기에서 이루어지고 사진이 아니라 배운 것만 보냅니다.',
  },
  versionFact: { en: 'Live version', ko: '현재 버전' },
  volunteersFact: { en: 'Volunteers now', ko: '지금 참여자' },
  roundFact: { en: 'Rounds so far', ko: '지금까지의 라운드' },
  none: { en: 'none yet', ko: '아직 없음' },

  imagesHint: {
    en: 'They need no labels. They are read in this tab and stay in it.',
    ko: '라벨은 필요 없습니다. 이 탭 안에서만 읽고 밖으로 나가지 않습니다.',
  },
  drop: { en: 'Drop images, a folder or a .zip here', ko: '이미지, 폴더, .zip을 여기에 놓으세요' },
  dropNow: { en: 'Let go to add them', ko: '놓으면 추가됩니다' },
  chooseFiles: { en: 'Choose images', ko: '이미지 고르기' },
  chooseFolder: { en: 'Choose a folder', ko: '폴더 고르기' },
  camera: { en: 'Take a photo', ko: '사진 찍기' },
  samples: { en: 'Use sample images', ko: '예시 이미지 쓰기' },
  samplesHint: {
    en: 'No images at hand? {n} drawings of “{title}” are ready to learn from.',
    ko: '마땅한 이미지가 없나요? “{title}” 예시 {n}장이 준비되어 있습니다.',
  },
  preparing: {
    en: 'Reading images: {done} of {total}',
    ko: '이미지를 읽는 중: {total}장 중 {done}장',
  },
  unpacking: { en: 'Opening the files…', ko: '파일을 여는 중…' },
  ready: { en: '{n} {n|image|images} ready', ko: '이미지 {n}장 준비됨' },
  seen: {
    en: 'This is what the network sees: {size} × {size} pixels, {colour}.',
    ko: '신경망이 보는 모습입니다: {size} × {size}픽셀, {colour}.',
  },
  grey: { en: 'grey', ko: '흑백' },
  colour: { en: 'colour', ko: '컬러' },
  other: { en: 'Choose other images', ko: '다른 이미지 고르기' },
  noneUsable: {
    en: 'None of these files is an image that can be read.',
    ko: '읽을 수 있는 이미지가 없습니다.',
  },

  start: { en: 'Start contributing', ko: '참여 시작' },
  startFirst: { en: 'Choose some images first.', ko: '먼저 이미지를 고르세요.' },
  startPromise: {
    en: 'Stop at any time. Nothing is installed.',
    ko: '언제든 멈출 수 있고, 설치하는 것은 없습니다.',
  },
  check: {
    en: 'One moment: this network checks that a person is joining.',
    ko: '잠시만요. 이 네트워크는 사람이 참여하는지 확인합니다.',
  },
  pause: { en: 'Pause', ko: '잠시 멈춤' },
  resume: { en: 'Resume', ko: '계속하기' },
  stop: { en: 'Stop', ko: '그만하기' },
  goOn: { en: 'Go on contributing', ko: '이어서 참여' },
  startAgain: { en: 'Contribute again', ko: '다시 참여' },

  reloadedGoesOn: {
    en: 'This tab was reloaded and went on by itself, as the same volunteer. Stop at any time.',
    ko: '탭을 새로 고쳤지만 같은 참여자로 이어서 참여하고 있습니다. 언제든 멈출 수 있습니다.',
  },
  reloadedOwn: {
    en: 'This tab was contributing with {n} {n|image|images} of yours when it was reloaded. Images are kept nowhere: choose the same ones again, and it goes on where it was.',
    ko: '내 이미지 {n}장으로 참여하던 중에 탭을 새로 고쳤습니다. 이미지는 어디에도 저장하지 않으니, 같은 이미지를 다시 고르면 하던 곳에서 이어집니다.',
  },

  stageStarting: { en: 'Getting this device ready…', ko: '이 기기를 준비하는 중…' },
  stageProving: {
    en: 'Solving a small puzzle first, so that nobody joins a thousand times…',
    ko: '한 사람이 수없이 참여하지 못하도록 먼저 작은 문제를 푸는 중…',
  },
  stageConnecting: { en: 'Joining the others…', ko: '다른 참여자들과 연결하는 중…' },
  stageReconnecting: {
    en: 'Connection lost. Reconnecting…',
    ko: '연결이 끊겼습니다. 다시 연결하는 중…',
  },
  stagePaused: { en: 'Paused', ko: '잠시 멈췄습니다' },
  stageWaiting: {
    en: 'Connected. Waiting for the next round.',
    ko: '연결됨. 다음 라운드를 기다립니다.',
  },
  stageResting: {
    en: 'Enough volunteers for now. Back at {time}.',
    ko: '지금은 참여자가 충분합니다. 이 탭은 {time}에 다시 연결합니다.',
  },
  stageLooking: {
    en: 'Round {round}: looking at your images',
    ko: '라운드 {round}: 이미지를 살펴보는 중',
  },
  stageLearning: {
    en: 'Round {round}: learning from your images',
    ko: '라운드 {round}: 이미지로 학습하는 중',
  },
  stageSending: {
    en: 'Round {round}: sending what was learnt',
    ko: '라운드 {round}: 배운 것을 보내는 중',
  },
  stageStopping: { en: 'Stopping…', ko: '멈추는 중…' },
  stageStopped: { en: 'Stopped. Thank you!', ko: '멈췄습니다. 고맙습니다!' },
  stageFailed: { en: 'Your contribution has stopped', ko: '참여가 중단되었습니다' },
  backgroundHint: {
    en: 'You can switch to another tab; this one keeps learning.',
    ko: '다른 탭으로 옮겨도 학습은 계속됩니다.',
  },
  crowd: { en: 'The crowd', ko: '모두의 진행' },
  step: { en: 'Step {step} of {steps}', ko: '{steps}단계 중 {step}단계' },
  roundProgress: { en: 'This tab’s round', ko: '이 탭의 라운드' },
  roundContinued: {
    en: 'This tab’s round, continued from step {from}',
    ko: '{from}단계에서 이어 가는 이 탭의 라운드',
  },
  crowdProgress: {
    en: '{accepted} of {goal} contributions in',
    ko: '기여 {goal}개 중 {accepted}개 도착',
  },
  factRound: { en: 'Round', ko: '라운드' },
  factVersion: { en: 'Model version', ko: '모델 버전' },
  factVolunteers: { en: 'Volunteers', ko: '참여자' },
  factSpeed: { en: 'Images / s', ko: '초당 이미지' },
  factMemory: { en: 'Memory', ko: '메모리' },
  memoryOf: { en: '{used} of at most {most}', ko: '최대 {most} 중 {used}' },
  factDown: { en: 'Received', ko: '받음' },
  factUp: { en: 'Sent', ko: '보냄' },
  curve: { en: 'Loss (lower is better)', ko: '손실 (낮을수록 좋음)' },
  curveEmpty: {
    en: 'The curve begins with the first round.',
    ko: '첫 라운드가 시작되면 곡선이 그려집니다.',
  },
  declined: { en: 'Round {round}: sat out. {reason}', ko: '라운드 {round}: 쉬었습니다. {reason}' },
  closed: {
    en: 'Round {round} ended before this tab had finished: {reason}',
    ko: '이 탭이 끝내기 전에 라운드 {round}이(가) 끝났습니다: {reason}',
  },
  replaced: {
    en: 'Round {round}: {lost} stopped answering. The round went on from step {step}, on {now}.',
    ko: '라운드 {round}: {lost}의 응답이 끊겼습니다. {step}단계부터 {now}에서 이어 갔습니다.',
  },
  roundFailed: {
    en: 'Round {round} did not work on this device',
    ko: '라운드 {round}에서 문제가 생겼습니다',
  },

  backendLabel: { en: 'Learning on', ko: '학습하는 곳' },
  webgpu: { en: 'your graphics card (WebGPU)', ko: '그래픽 카드 (WebGPU)' },
  webgl: { en: 'your graphics card (WebGL)', ko: '그래픽 카드 (WebGL)' },
  wasm: { en: 'your processor (WebAssembly)', ko: '프로세서 (WebAssembly)' },
  cpu: { en: 'your processor (JavaScript, slow)', ko: '프로세서 (JavaScript, 느림)' },
  tried: { en: 'Why this one?', ko: '왜 이것인가요?' },
  triedIntro: {
    en: 'This tab tried what your browser offers on a small sum with a known answer, and kept the fastest that was right.',
    ko: '답을 아는 작은 계산으로 브라우저가 제공하는 방법들을 시험해, 정답을 낸 것 가운데 가장 빠른 것을 골랐습니다.',
  },
  triedMs: { en: '{ms} ms a trial step', ko: '시험 단계에 {ms} ms' },
  triedError: { en: 'cannot be used here: {error}', ko: '여기서는 쓸 수 없음: {error}' },
  triedChosen: { en: 'chosen', ko: '선택됨' },
  backendAsked: {
    en: 'The address of this page asks for this one; it was tried on a small sum with a known answer, and was right.',
    ko: '이 페이지의 주소가 지정한 방법입니다. 답을 아는 작은 계산으로 시험해 정답을 확인했습니다.',
  },
  backendHint: {
    en: 'If another one would do better here, add it to the address: ?backend= and one of {names}.',
    ko: '다른 방법이 더 나을 것 같으면 주소 뒤에 ?backend=와 함께 다음 중 하나를 붙이세요: {names}.',
  },
  backendUnknown: {
    en: 'The address asks for the backend “{name}”, and there is no such one. This tab will choose by itself; known are {names}.',
    ko: '주소가 지정한 “{name}” 방식은 없습니다. 이 탭이 알아서 고릅니다. 쓸 수 있는 방식: {names}.',
  },

  trust: { en: 'What leaves this tab', ko: '이 탭에서 나가는 것' },
  left: { en: 'Left this tab', ko: '이 탭을 떠난 것' },
  leftNothing: { en: 'Nothing so far.', ko: '아직 아무것도 없습니다.' },
  leftItem: { en: '1 weight delta, 0 images', ko: '가중치 변화량 1개, 이미지 0장' },
  leftRound: { en: 'Round {round}', ko: '라운드 {round}' },
  leftNumbers: { en: '{n} numbers', ko: '숫자 {n}개' },
  stayed: { en: 'Stayed in this tab', ko: '이 탭에 남은 것' },
  stayedImages: { en: 'Your {n} {n|image|images}', ko: '내 이미지 {n}장' },
  stayedNone: { en: 'The images you choose', ko: '앞으로 고를 이미지' },
  stayedHint: {
    en: 'The upload code accepts weight deltas only; it has no way to send a picture. Each upload is listed with its SHA-256, so you can compare it in your browser’s network panel.',
    ko: '업로드 코드는 가중치 변화량만 받으며, 사진을 보낼 방법이 없습니다. 보낸 것은 모두 SHA-256과 함께 적어 두니 브라우저의 네트워크 창에서 대조해 볼 수 있습니다.',
  },
  keptHint: {
    en: 'To survive a reload, this browser keeps what was learnt so far and your ticket, never an image. It is deleted at your first visit after 12 hours.',
    ko: '새로 고쳐도 이어 갈 수 있도록 지금까지 배운 것과 참여 티켓을 이 브라우저에 보관합니다. 이미지는 보관하지 않으며, 12시간이 지난 뒤 처음 방문할 때 지웁니다.',
  },
  alsoSent: {
    en: 'Besides: how many images you brought, which backend learns, and the loss now and then.',
    ko: '그 밖에: 이미지 수, 학습 방식, 그리고 가끔 손실 값.',
  },
} satisfies Dictionary;
