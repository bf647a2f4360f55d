// The page of the speech-to-text service: text while somebody speaks, and the words of a file.

import { start } from "./service.js";
import { offerMicrophone } from "./live.js";
import { offerFiles } from "./transcription.js";

offerMicrophone();
offerFiles();
start();
