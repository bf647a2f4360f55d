{{/* The first of the `voiceServices` of each task that are not suspended and need no API key, for NOTES.txt and `helm test`. */}}

{{/* Its name and port as "name:port", or nothing: include "nemo-voice.first" (list $ "tts" 5000) */}}
{{- define "nemo-voice.first" -}}
{{- $found := "" -}}
{{- $root := index . 0 -}}
{{- $task := index . 1 -}}
{{- $usual := index . 2 -}}
{{- range $name, $service := $root.Values.voiceServices -}}
{{- if and $service (not $found) (eq $service.task $task) (not $service.suspend) (not $service.auth) -}}
{{- $found = printf "%s:%v" $name (($service.service | default dict).port | default $usual) -}}
{{- end -}}
{{- end -}}
{{- $found -}}
{{- end -}}

{{/* The scheme of its addresses: include "nemo-voice.scheme" (list $ "name:port") */}}
{{- define "nemo-voice.scheme" -}}
{{- $service := get (index . 0).Values.voiceServices (index . 1 | splitList ":" | first) -}}
{{- ternary "https" "http" (not (empty $service.tls)) -}}
{{- end -}}
