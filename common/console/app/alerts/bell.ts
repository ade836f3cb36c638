// Sounds without a file: a few tones for an alert, others for a priority notice.
export type Sound = 'alert' | 'priority'

/** Of the browser's AudioContext what is used. */
export type Audio = Pick<
  AudioContext,
  'state' | 'currentTime' | 'destination' | 'resume' | 'createOscillator' | 'createGain'
>

interface Tone {
  /** Seconds after the begin, and how long. */
  at: number
  lasts: number
  hertz: number
}

const melodies: Readonly<Record<Sound, readonly Tone[]>> = {
  alert: [
    { at: 0, lasts: 0.22, hertz: 740 },
    { at: 0.26, lasts: 0.34, hertz: 494 },
  ],
  priority: [0, 0.75].flatMap(begin => [
    { at: begin, lasts: 0.16, hertz: 659 },
    { at: begin + 0.2, lasts: 0.16, hertz: 831 },
    { at: begin + 0.4, lasts: 0.26, hertz: 988 },
  ]),
}
const loudness = 0.2
/** Without it a tone begins and ends with a click. */
const edgeSeconds = 0.02

export class Bell {
  readonly #open: () => Audio | undefined
  #audio: Audio | undefined

  /** `open`: undefined where the browser has no sound. Called when the first sound is wanted. */
  constructor(open: () => Audio | undefined) {
    this.#open = open
  }

  /** False: nobody will hear it, because nobody has touched this page yet, or the browser has no sound. */
  async ready(): Promise<boolean> {
    this.#audio ??= this.#open()
    const audio = this.#audio
    if (audio === undefined) return false
    // A context that may not run yet resumes when it may, and not before.
    if (audio.state === 'suspended') await Promise.race([audio.resume().catch(() => {}), soon()])
    return audio.state === 'running'
  }

  async ring(sound: Sound): Promise<boolean> {
    if (!(await this.ready()) || this.#audio === undefined) return false
    for (const tone of melodies[sound]) play(this.#audio, tone)
    return true
  }
}

function play(audio: Audio, { at, lasts, hertz }: Tone): void {
  const begin = audio.currentTime + at
  const [oscillator, gain] = [audio.createOscillator(), audio.createGain()]
  oscillator.frequency.value = hertz
  gain.gain.setValueAtTime(0, begin)
  gain.gain.linearRampToValueAtTime(loudness, begin + edgeSeconds)
  gain.gain.setValueAtTime(loudness, begin + lasts - edgeSeconds)
  gain.gain.linearRampToValueAtTime(0, begin + lasts)
  oscillator.connect(gain)
  gain.connect(audio.destination)
  oscillator.start(begin)
  oscillator.stop(begin + lasts)
}

function soon(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 250))
}
