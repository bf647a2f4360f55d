{{/* Names and labels of all objects; no other template builds one. */}}

{{- define "nemo-voice.name" -}}
{{- .Values.nameOverride | default .Chart.Name -}}
{{- end -}}

{{/* At most 40 characters, so that there is room for suffixes. */}}
{{- define "nemo-voice.fullname" -}}
{{- $name := include "nemo-voice.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The name of cluster-wide objects. It contains the namespace, because releases in two namespaces may have the same name. */}}
{{- define "nemo-voice.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "nemo-voice.fullname" .) -}}
{{- end -}}

{{- define "nemo-voice.serviceAccountName" -}}
{{- $own := ternary (include "nemo-voice.fullname" .) "default" .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default $own -}}
{{- end -}}

{{- define "nemo-voice.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ include "nemo-voice.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: nemo-voice
{{- include "nemo-voice.moreLabels" (list "commonLabels" .Values.commonLabels) }}
{{- end -}}

{{/* Labels from the values, on new lines: include "nemo-voice.moreLabels" (list "commonLabels" .Values.commonLabels) */}}
{{- define "nemo-voice.moreLabels" -}}
{{- range $key, $value := index . 1 }}
{{- if or (hasPrefix "app.kubernetes.io/" $key) (hasPrefix "helm.sh/" $key) (hasPrefix "nemo-voice.dev/" $key) }}
{{- fail (printf "%s: %s: labels under app.kubernetes.io/, helm.sh/ and nemo-voice.dev/ belong to the chart and the operator" (index $ 0) $key) }}
{{- end }}
{{ $key }}: {{ $value | quote }}
{{- end }}
{{- end -}}

{{/* The labels that select the operator's pods; they never change. */}}
{{- define "nemo-voice.operator.selector" -}}
app.kubernetes.io/name: {{ include "nemo-voice.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "nemo-voice.operator.labels" -}}
{{ include "nemo-voice.labels" . }}
app.kubernetes.io/component: operator
{{- end -}}
