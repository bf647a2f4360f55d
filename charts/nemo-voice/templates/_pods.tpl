{{/* What all pods of the chart itself share: image, security settings, placement. */}}

{{/* An image's reference: include "nemo-voice.image" (list $ $.Values.images.operator) */}}
{{- define "nemo-voice.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $images := $root.Values.images -}}
{{- $place := printf "%s/%s" ($image.registry | default $images.registry) $image.repository -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $place $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $place ($image.tag | default $images.tag | default $root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* Fulfils Pod Security's level "restricted". 10001 is the images' own user. */}}
{{- define "nemo-voice.pod" -}}
{{- /* Without this, a Service called nemo-voice would set variables that look like settings. */ -}}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- if .Values.operator.fixedUser }}
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  {{- end }}
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.images.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.operator.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.operator.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "nemo-voice.container" -}}
image: {{ include "nemo-voice.image" (list . .Values.images.operator) | quote }}
imagePullPolicy: {{ .Values.images.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
terminationMessagePolicy: FallbackToLogsOnError
{{- with .Values.operator.resources }}
resources: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
