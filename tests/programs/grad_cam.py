"""What a network looks at: forward and backward hooks, features by name, Grad-CAM, guided ReLU."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from shared import main


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 3, padding=1),
            nn.PReLU(6),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 8, 3, padding=1, padding_mode="reflect"),
            nn.GroupNorm(2, 8),
            nn.ReLU(),
        )
        self.classifier = nn.Sequential(
            nn.AdaptiveAvgPool2d((2, 2)), nn.Flatten(), nn.LazyLinear(3)
        )

    def forward(self, x):
        return self.classifier(self.features(x))


class GradCAM:
    def __init__(self, model, target_layer):
        self.model = model
        self.activations, self.gradients = None, None
        self.handles = [
            target_layer.register_forward_hook(self.save_activation),
            target_layer.register_full_backward_hook(self.save_gradient),
        ]

    def save_activation(self, module, input, output):
        self.activations = output.detach()

    def save_gradient(self, module, grad_input, grad_output):
        self.gradients = grad_output[0].detach()

    def __call__(self, x, class_idx=None):
        logits = self.model(x)
        if class_idx is None:
            class_idx = logits.argmax(dim=1)
        self.model.zero_grad()
        logits.gather(1, class_idx.view(-1, 1)).sum().backward()
        weights = self.gradients.mean(dim=(2, 3), keepdim=True)
        cam = F.relu((weights * self.activations).sum(dim=1, keepdim=True))
        cam = F.interpolate(cam, size=x.shape[2:], mode="bicubic", align_corners=False)
        cam = cam - cam.amin(dim=(2, 3), keepdim=True)
        return cam / (cam.amax(dim=(2, 3), keepdim=True) + 1e-8)

    def remove(self):
        for handle in self.handles:
            handle.remove()


def guided_saliency(model, x):
    """The gradient at the input, through ReLUs that pass positive gradients only."""

    def clamp(module, grad_in, grad_out):
        return (torch.clamp(grad_in[0], min=0.0),)

    handles = [
        module.register_full_backward_hook(clamp)
        for module in model.modules()
        if isinstance(module, nn.ReLU)
    ]
    x = x.clone().requires_grad_()
    model(x).max(dim=1)[0].sum().backward()
    for handle in handles:
        handle.remove()
    return x.grad.abs()


def train(steps):
    torch.manual_seed(8)
    labels = torch.arange(24) % 3
    x = 0.4 * torch.randn(24, 1, 12, 12)
    for n in range(24):
        x[n, 0, 4 * (n % 3) : 4 * (n % 3) + 4, 4:8] += 1.5
    model = Net()
    model(x[:1])
    optimizer = torch.optim.NAdam(model.parameters(), lr=1e-2)
    sizes, names = {}, {m: n for n, m in model.named_modules()}

    def log_size(module, args, kwargs, output):
        sizes.setdefault(names[module], []).append((len(args), len(kwargs), *output.shape))

    handle = model.features[3].register_forward_hook(log_size, with_kwargs=True)
    losses = []
    for _ in range(steps):
        logits = model(x)
        loss = F.multi_margin_loss(logits, labels) + F.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    handle.remove()
    cam = GradCAM(model.eval(), model.features[-1])
    heat = cam(x)
    cam.remove()
    assert sizes == {"features.3": [(1, 0, 24, 8, 6, 6)] * steps}
    at = heat.flatten(2).argmax(dim=2).squeeze(1)
    losses += [heat.mean().item(), at.double().mean().item()]
    losses.append(guided_saliency(model, x).mean().item())
    return losses, model


if __name__ == "__main__":
    main(train)
