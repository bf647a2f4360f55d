"""From words with times to segments and subtitles."""
